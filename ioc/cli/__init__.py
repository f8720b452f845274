"""The commands of ioc, one module each; the only part of the domain that may know plumbing and dashboards."""
