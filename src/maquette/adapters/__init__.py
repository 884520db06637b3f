"""Adapters: each fills a stage's protocol with exactly one outside library or system; none knows another."""
