"""Policies that organisations write: `kind: Policy` files whose rules are JSON Schemas over a resolved server.

`reading` turns a file into rules, `compiling` and `keywords` turn their schemas into functions, `shapes` says which
names there are, `instance` is what a rule sees of a server, `judging` compares the two, and `places` finds the line.
"""
