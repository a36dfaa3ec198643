"""Policies that organisations write: `kind: Policy` files whose rules are JSON Schemas over a resolved server.

`reading` turns a file into rules. `compiling` turns their schemas into functions (`keywords`, `applicators`,
`patterns`), with the names that there are (`shapes`). `instance` is what a rule sees of a server, `deciding` checks it,
`judging` says what follows, and `places` finds the line. `testing` and `exceptions` are about the policies themselves.
"""
