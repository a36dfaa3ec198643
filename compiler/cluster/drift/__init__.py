"""Drift: what a running kube-apiserver reports of itself, or another configuration, compared with its declaration.

`asking` and `files` collect what is reported, `comparing` compares it, `report` formats the result.
"""
