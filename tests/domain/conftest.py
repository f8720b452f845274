"""How deep hypothesis looks: little in every run, ``HYPOTHESIS_PROFILE=soak`` for long."""

import os

from hypothesis import HealthCheck, settings

SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large]

settings.register_profile("ci", max_examples=60, deadline=None, suppress_health_check=SLOW_IS_FINE)
settings.register_profile("soak", max_examples=5_000, deadline=None, suppress_health_check=SLOW_IS_FINE)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
