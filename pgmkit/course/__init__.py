"""Course tooling: builds lectures and problem sets, releases and verifies them. It knows nothing about models."""
