"""Exams of problem set 4: constraints, rules and distillation."""

from pgmkit.checks.exam import Exam
from pgmkit.checks.knowledge import but_mistakes, connectives, em, estep, kd, logic, objective, rule_kd, schedule, teacher

EXAMS: tuple[Exam, ...] = (
    estep.e_step,
    objective.objective,
    em.em,
    logic.not_exam,
    connectives.and_exam,
    connectives.or_exam,
    connectives.implies_exam,
    logic.mean_exam,
    but_mistakes.but_exam,
    teacher.teacher_exam,
    rule_kd.rule_kd,
    kd.kd,
    schedule.schedule,
)
