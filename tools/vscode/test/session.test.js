"use strict";

const assert = require("node:assert");
const { test } = require("node:test");
const { DOCUMENTS, Session, command } = require("../src/session.js");

const INPUT = { languageId: "yaml", fileName: "/a.yaml", getText: () => "apiVersion: kasc/v1" };
const OTHER = { languageId: "yaml", fileName: "/b.yaml", getText: () => "a: b" };
const CHANGED = { affectsConfiguration: (section) => section === "kasc" };

function editor(values = {}, failure) {
  const log = [];
  const settings = { path: "kasc", arguments: [], inlayHints: false, ...values };
  const vscode = {
    workspace: { getConfiguration: () => ({ get: (name) => settings[name] }) },
    window: { showErrorMessage: (message) => log.push(message) },
  };
  function createClient({ command: program, args }) {
    return {
      start: async () => {
        log.push(`start ${[program, ...args].join(" ")}`);
        if (failure) {
          throw new Error(failure);
        }
      },
      stop: async () => log.push("stop"),
    };
  }
  return { log, settings, session: new Session(vscode, createClient) };
}

test("the server starts once, for the first input", async () => {
  const { log, session } = editor();
  await session.opened(OTHER);
  assert.deepStrictEqual(log, []);
  await Promise.all([session.opened(INPUT), session.opened(INPUT)]);
  await session.opened(INPUT);
  assert.deepStrictEqual(log, ["start kasc lsp"]);
});

test("settings are options of the server", () => {
  const settings = { path: "/opt/kasc", arguments: ["--files-root", "node"], inlayHints: true };
  assert.deepStrictEqual(command({ get: (name) => settings[name] }), {
    command: "/opt/kasc",
    args: ["lsp", "--inlay-hints", "--files-root", "node"],
  });
  assert.deepStrictEqual(command({ get: () => undefined }), { command: "kasc", args: ["lsp"] });
});

test("new settings restart a server that runs", async () => {
  const { log, settings, session } = editor();
  await session.configured(CHANGED);
  assert.deepStrictEqual(log, []);
  await session.opened(INPUT);
  settings.inlayHints = true;
  await session.configured({ affectsConfiguration: () => false });
  await session.configured(CHANGED);
  assert.deepStrictEqual(log, ["start kasc lsp", "stop", "start kasc lsp --inlay-hints"]);
});

test("a server that cannot start is reported, and can be restarted", async () => {
  const { log, session } = editor({ path: "/nowhere" }, "ENOENT");
  await session.opened(INPUT);
  assert.match(log[1], /cannot start \/nowhere lsp: .*pip install 'kasc\[lsp\]'.*ENOENT/);
  await session.opened(INPUT);
  assert.strictEqual(log.length, 2);
  await session.restart();
  assert.strictEqual(log.filter((line) => line.startsWith("start")).length, 2);
});

test("the server stops with the window", async () => {
  const { log, session } = editor();
  await session.stop();
  await session.opened(INPUT);
  await session.stop();
  assert.deepStrictEqual(log, ["start kasc lsp", "stop"]);
});

test("documents are sent by language, saved or not", () => {
  assert.ok(DOCUMENTS.some((each) => each.language === "toml" && each.scheme === "untitled"));
});
