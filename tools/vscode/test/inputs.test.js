"use strict";

const assert = require("node:assert");
const { test } = require("node:test");
const { mayBeInput } = require("../src/inputs.js");

function document(text, languageId = "yaml", fileName = "/a.yaml") {
  return { languageId, fileName, getText: () => text };
}

test("a file is recognized by its content, whatever its name", () => {
  assert.ok(mayBeInput(document("apiVersion: kasc/v1\nkind: APIServer\n")));
  assert.ok(mayBeInput(document("[Service]\nExecStart=/usr/bin/kube-apiserver\n", "ini", "/a.service")));
  assert.ok(mayBeInput(document("--etcd-servers=https://a:2379\n", "plaintext", "/a.flags")));
});

test("a new document is recognized by its name", () => {
  assert.ok(mayBeInput(document("", "yaml", "/new.kasc.yaml")));
  assert.ok(mayBeInput(document("", "toml", "/new.kasc.toml")));
});

test("other files are not", () => {
  assert.ok(!mayBeInput(document("services: {web: {image: nginx}}\n")));
  assert.ok(!mayBeInput(document("# kube-apiserver\n", "python", "/a.py")));
  assert.ok(!mayBeInput(document("x".repeat(100 * 1024) + "kube-apiserver")));
});
