"""Formulas: one quantity each, named after the result, wired by parameter name. The files of this folder never import each other.

`call` modules are evaluated once a (request shape, option, call, price period); `option` modules once a (task, option).
"""
