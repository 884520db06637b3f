"""The rule base: 165 decision rules as data, judged three-valued over the known facts."""
