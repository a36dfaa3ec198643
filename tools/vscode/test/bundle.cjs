"use strict";

// Loads and activates the bundled extension without an editor: node bundle.cjs BUNDLE. Prints the commands that it adds.

const Module = require("node:module");
const path = require("node:path");

// Whatever the client library takes from the editor when it is loaded: classes to extend, enumerations, functions.
function anything() {
  return new Proxy(class {}, {
    get: (target, name) => (name in target ? target[name] : typeof name === "string" ? anything() : undefined),
    apply: () => ({ dispose() {} }),
  });
}

const added = [];
const own = { commands: { registerCommand: (name) => added.push(name) } };
const vscode = new Proxy(own, { get: (target, name) => target[name] || anything() });
const load = Module._load;
Module._load = (request, ...rest) => (request === "vscode" ? vscode : load(request, ...rest));

const extension = require(path.resolve(process.argv[2]));
const context = { subscriptions: [] };
extension.activate(context);
extension.deactivate();
process.stdout.write(`${added.join(" ")}\n`);
