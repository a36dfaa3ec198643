"""The jobs that comment on pull requests and merge requests: run in a real repository, with a `gh` or `curl` that
records its calls."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.changes.repository import DOCUMENT, append, git, make, write
from tests.gitops.running import loaded, programs, run

MARK = "<!-- kasc diff -->"
WRITTEN = ("kasc-diff.md", "kasc-user.json", "kasc-notes.json", "kasc-changed.xml")
HOSTILE = "$(touch owned)`touch owned`';touch owned;\"x"
GH = """\
import json, os, sys
words = sys.argv[1:]
body = [open(word.partition("@")[2]).read() for word in words if word.startswith("body=@")]
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps({"words": words, "body": body, "token": os.environ.get("GH_TOKEN")}) + "\\n")
if "--jq" in words:
    comments = json.load(open(os.environ["COMMENTS"]))
    assert words[words.index("--jq") + 1] == os.environ["FILTER"]
    print("\\n".join(str(each["id"]) for each in comments if each["user"] == "github-actions[bot]"
                    and each["body"].startswith("<!-- kasc diff -->")))
"""
CURL = """\
import json, os, sys
words = sys.argv[1:]
body = [open(word.partition("@")[2]).read() for word in words if word.startswith("body@")]
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps({"words": words, "body": body}) + "\\n")
url = next(word for word in words if word.startswith("https://"))
print('{"id": 7}' if url.endswith("/user") else open(os.environ["COMMENTS"]).read() if "?" in url else "{}")
"""


class Project:
    """A branch with a hostile name and hostile files, and what its jobs call."""

    def __init__(self, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = make(directory / "repository", monkeypatch)
        git("checkout", "-qb", "x;$(touch${IFS}owned)`touch${IFS}owned`")
        append("clusters/prod/apiserver.yaml", "etcd: {etcdPrefix: /other}\n")
        write(f"clusters/{HOSTILE.replace('/', '')}.yaml", DOCUMENT.format("x").replace("../base", "base"))
        write("clusters/bad/apiserver.yaml", DOCUMENT.format("bad") + "generic: {goawayChance: 7}\n")
        write("clusters/text/apiserver.yaml", DOCUMENT.format("text") + "# /close @octocat <script>\n")
        write("json.py", "open('owned', 'w')\n")
        for name in WRITTEN:
            Path(name).symlink_to(directory / "outside")
        git("add", ".")
        git("commit", "-qm", "a change")
        self.base = git("rev-parse", "main").strip()
        self.calls, self.comments = directory / "calls", directory / "comments.json"
        self.comments.write_text("[]")
        self.variables = programs(directory / "bin") | {"CALLS": str(self.calls), "COMMENTS": str(self.comments)}
        for name, source in (("gh", GH), ("curl", CURL)):
            program = directory / "bin" / name
            program.write_text(f"#!{sys.executable}\n{source}")
            program.chmod(0o755)

    def made(self) -> list[dict[str, Any]]:
        """Return the calls since the last time."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]

    def is_clean(self) -> bool:
        owned = [*self.directory.rglob("owned"), self.directory.parent / "outside"]
        return not any(path.exists() for path in owned) and "owned" not in os.listdir()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return Project(tmp_path, monkeypatch)


def github(project: Project) -> dict[str, int]:
    """Run the steps of the job as the runner does; return their exit codes."""
    job = loaded("github-pull-request.yaml")["jobs"]["diff"]
    event = {
        "${{ github.event.pull_request.base.sha }}": project.base,
        "${{ github.event.pull_request.number }}": "12",
        "${{ github.token }}": "secret",
    }
    variables = project.variables | {"GITHUB_REPOSITORY": "o/r", "GITHUB_STEP_SUMMARY": str(project.calls.parent / "s")}
    variables |= {name: event[value] for name, value in job["env"].items()}
    codes = {}
    for step in job["steps"]:
        if "run" not in step or "pip install" in step["run"]:
            continue
        assert "${{" not in step["run"], "text of an event would become a part of the script"
        own = {name: event[value] for name, value in step.get("env", {}).items()}
        filters = [line.partition("'")[2].rstrip("'") for line in step["run"].splitlines() if line.startswith("own=")]
        words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        ran = run(words, project.directory, variables | own | {"FILTER": filters[0] if filters else ""})
        codes[step["name"]] = ran.returncode
        assert "Traceback" not in ran.stderr
    return codes


def test_the_comment_on_github(project: Project) -> None:
    """It is posted once and then updated; comments of others that look like it are left alone."""
    codes = github(project)
    assert codes == {"Compare with the base branch": 0, "Post or update the comment": 0, "Check what changed": 1}
    listing, posted = project.made()
    assert listing["words"][:3] == ["api", "--paginate", "repos/o/r/issues/12/comments"]
    assert posted["words"] == [
        *("api", "--method", "POST", "repos/o/r/issues/12/comments", "-F", "body=@kasc-diff.md", "--silent")
    ]
    (body,) = posted["body"]
    assert body.startswith(f"{MARK}\n### kasc diff: 4 inputs changed since {project.base[:12]}: ")
    assert "| **data-loss** | clusters/prod/apiserver.yaml |" in body
    assert "| **rejected** | clusters/bad/apiserver.yaml |" in body
    assert "@octocat" not in body
    assert len(body) < 65_536
    assert (project.calls.parent / "s").read_text().startswith(body)
    others = [{"id": 1, "user": "mallory", "body": MARK}, {"id": 2, "user": "github-actions[bot]", "body": "other"}]
    project.comments.write_text(json.dumps([*others, {"id": 3, "user": "github-actions[bot]", "body": body}]))
    github(project)
    assert project.made()[-1]["words"][:4] == ["api", "--method", "PATCH", "repos/o/r/issues/comments/3"]
    assert project.is_clean()


def test_the_filter_finds_the_own_comment() -> None:
    """With the real jq, if there is one."""
    steps = loaded("github-pull-request.yaml")["jobs"]["diff"]["steps"]
    (line,) = [line for step in steps for line in step.get("run", "").splitlines() if line.startswith("own=")]
    comments = [
        {"id": 1, "user": {"login": "mallory"}, "body": MARK},
        {"id": 2, "user": {"login": "github-actions[bot]"}, "body": f"{MARK}\n### kasc diff"},
        {"id": 3, "user": {"login": "github-actions[bot]"}, "body": "another"},
    ]
    try:
        words = ["jq", line.partition("'")[2].rstrip("'")]
        ran = subprocess.run(words, input=json.dumps(comments), capture_output=True, text=True, check=False, timeout=60)
    except FileNotFoundError:
        pytest.skip("no jq")
    assert ran.stdout == "2\n"


def gitlab(project: Project, **more: str) -> list[int]:
    """Run the script of the job, line by line, and return the exit codes."""
    variables = project.variables | more
    variables |= {"CI_MERGE_REQUEST_DIFF_BASE_SHA": project.base, "CI_API_V4_URL": "https://gitlab.example.com/api/v4"}
    variables |= {"CI_PROJECT_ID": "5", "CI_MERGE_REQUEST_IID": "12"}
    codes = []
    for line in loaded("gitlab-merge-request.yaml")["kasc-diff"]["script"]:
        ran = run(["sh", "-e", "-c", line], project.directory, variables)
        assert "Traceback" not in ran.stderr
        codes.append(ran.returncode)
    return codes


def test_the_note_on_gitlab(project: Project) -> None:
    notes = "https://gitlab.example.com/api/v4/projects/5/merge_requests/12/notes"
    assert gitlab(project, KASC_TOKEN="secret") == [0, 0, 1]
    *_, posted = project.made()
    assert posted["words"][-5:-1] + posted["words"][-1:] == [
        *("--request", "POST", notes, "--data-urlencode", "body@kasc-diff.md")
    ]
    (body,) = posted["body"]
    assert body.startswith(f"{MARK}\n### kasc diff: 4 inputs changed since ")
    assert not any(line.startswith("/") for line in body.splitlines()), "a quick action"
    made = [{"id": 3, "author": {"id": 8}, "body": body}, {"id": 4, "author": {"id": 7}, "body": body}]
    project.comments.write_text(json.dumps(made))
    gitlab(project, KASC_TOKEN="secret")
    assert project.made()[-1]["words"][-5:-2] == ["--request", "PUT", f"{notes}/4"]
    assert (project.directory / "kasc-changed.xml").read_text().startswith("<?xml")
    assert project.is_clean()


def test_without_a_token_there_is_only_the_artifact(project: Project) -> None:
    assert gitlab(project) == [0, 0, 1]
    assert project.made() == []
    job = loaded("gitlab-merge-request.yaml")["kasc-diff"]
    (path,) = job["artifacts"]["paths"]
    assert (project.directory / path).read_text().startswith(MARK)
