"""What a rule is."""


class Rule:
    """What every diagnostic of a rule has in common; there is one object for each rule.

    `id` is the short name that kube-apiserver's checks are known by here, and `code` its public form (`ETCD-03`,
    `KASC-ETCD-003`). `severity` is error, warning or note. `stage` says when the rule is enforced, one of
    `texts.STAGES`. `source` names the Kubernetes file and function, or says why kasc has the rule. `of_server` is False
    for the rules of kasc.
    """

    # Not a NamedTuple: making that class takes as long as making all rules, and every run of kasc waits for it.
    __slots__ = ("code", "id", "of_server", "severity", "source", "stage", "title")

    def __init__(
        self, code: str, rule_id: str, title: str, severity: str, stage: str, source: str, of_server: bool
    ) -> None:
        self.code = code
        self.id = rule_id
        self.title = title
        self.severity = severity
        self.stage = stage
        self.source = source
        self.of_server = of_server

    def __repr__(self) -> str:
        return f"<Rule {self.code}>"

    @property
    def family(self) -> str:
        """The family of the rule, which is the first word of its id: `ETCD`."""
        return self.id.partition("-")[0]
