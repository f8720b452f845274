"""How deep hypothesis looks: little in every run, ``HYPOTHESIS_PROFILE=soak`` for long."""

import os

from hypothesis import HealthCheck, Phase, settings

COMMON = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
    # The explanation takes longer than finding the fault.
    "phases": [phase for phase in Phase if phase is not Phase.explain],
}

settings.register_profile("ci", max_examples=30, **COMMON)
settings.register_profile("soak", max_examples=5_000, **COMMON)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
