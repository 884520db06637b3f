"""The rule base: 197 decision rules as data, judged three-valued over the known facts."""
