"use strict";

const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");
const { Session } = require("./session.js");

let session;

function createClient({ command, args }, documentSelector) {
  const executable = { command, args, transport: TransportKind.stdio };
  return new LanguageClient("kasc", "kasc", executable, { documentSelector });
}

/** Called by the editor when a document of one of the languages is opened. */
function activate(context) {
  session = new Session(vscode, createClient);
  context.subscriptions.push(
    vscode.workspace.onDidOpenTextDocument((document) => session.opened(document)),
    vscode.workspace.onDidChangeTextDocument((event) => session.opened(event.document)),
    vscode.workspace.onDidChangeConfiguration((event) => session.configured(event)),
    vscode.commands.registerCommand("kasc.restart", () => session.restart()),
  );
  vscode.workspace.textDocuments.forEach((document) => session.opened(document));
}

function deactivate() {
  return session && session.stop();
}

module.exports = { activate, deactivate };
