# Everything lives in .venv: packages, kernels, Jupyter's settings and caches. Nothing is registered outside the project.
PYTHON ?= python3
BIN := .venv/bin
export JUPYTER_CONFIG_DIR := $(CURDIR)/.venv/jupyter/config
export JUPYTER_DATA_DIR := $(CURDIR)/.venv/jupyter/data
export JUPYTER_RUNTIME_DIR := $(CURDIR)/.venv/jupyter/runtime
export IPYTHONDIR := $(CURDIR)/.venv/jupyter/ipython
export MPLCONFIGDIR := $(CURDIR)/.venv/jupyter/matplotlib
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export OMP_NUM_THREADS := 1
ROOT_FLAG := $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: help lab test course quality bench bench-grading stress lock clean
help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/make \1\t\2/' | expand -t 20

lab: .venv/.lab ## install everything and open the course in JupyterLab
	@$(BIN)/jupyter trust lectures/*.ipynb > /dev/null
	$(BIN)/jupyter lab --ServerApp.root_dir="$(CURDIR)" --LabApp.extension_manager=readonly --LabApp.default_url=/lab/tree/lectures/00_start_here.ipynb $(ROOT_FLAG) $(LAB_FLAGS)

test: .venv/.test ## install what the tests need and run them
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(TEST_FLAGS)

course: .venv/.lab ## regenerate and verify lectures, problem sets and the exam table
	$(BIN)/python -m pgmkit.course build
	$(BIN)/python -m pgmkit.course release
	$(BIN)/python -m pgmkit.course exams
	$(BIN)/python -m pgmkit.course check

quality: .venv/.lab ## train every recipe over three seeds and remake the quality tables (an hour and a half; SST-2 needs PGMKIT_DATA or a network)
	$(BIN)/python tests/benchmarks/gan_quality.py
	$(BIN)/python tests/benchmarks/digits_quality.py
	$(BIN)/python tests/benchmarks/flow_quality.py
	$(BIN)/python tests/benchmarks/families.py
	$(BIN)/python tests/benchmarks/past_tense.py
	$(BIN)/python tests/benchmarks/but_rule_grammar.py
	$(BIN)/python tests/benchmarks/but_rule.py
	$(BIN)/python tests/benchmarks/but_rule.py phrases

bench: .venv/.bench ## install four other flow libraries and time ours beside them (a quarter of an hour)
	$(BIN)/python tests/benchmarks/flow_speed.py $(BENCH_FLAGS)

bench-grading: .venv/.dask ## time a class beside nbgrader, a class of 300 and a cluster (an hour on a quiet machine)
	$(BIN)/python tests/benchmarks/grading_speed.py $(BENCH_FLAGS)

stress: .venv/.test ## kill grading runs at random moments, grade among hostile submissions (an hour)
	$(BIN)/python -m pytest tests/stress $(TEST_FLAGS)

lock: ## pin the newest versions that fit together (needs a network)
	$(PYTHON) -m venv .venv/lock && .venv/lock/bin/pip install --quiet pip-tools
	.venv/lock/bin/pip-compile --upgrade --strip-extras --extra test --extra bench --extra dask --no-emit-index-url --no-emit-find-links \
	  --no-header --quiet --output-file requirements.lock pyproject.toml
	sed -i.bak 's/+cpu$$//' requirements.lock && rm requirements.lock.bak

clean: ## remove .venv and what can be made again; submissions and the gradebook stay
	rm -rf .venv autograded .grading feedback reports grades.csv

.venv/bin/python:
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'pgmkit needs Python 3.11 or newer; this is ' + sys.version)"
	$(PYTHON) -m venv .venv

.venv/.lab: .venv/bin/python requirements.lock pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable .
	mkdir -p .venv/etc/jupyter/labconfig
	cp .jupyter/page_config.json .venv/etc/jupyter/labconfig/page_config.json
	touch $@

.venv/.test: .venv/.lab
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[test]'
	touch $@

.venv/.bench: .venv/.lab
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[bench]'
	touch $@

.venv/.dask: .venv/.lab
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[dask]'
	touch $@
