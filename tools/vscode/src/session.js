"use strict";

// The life of the language server: started for the first input, restarted when its settings change.

const { LANGUAGES, mayBeInput } = require("./inputs.js");

/** Return the command that starts the server, by the settings `kasc.*`. */
function command(settings) {
  const hints = settings.get("inlayHints") ? ["--inlay-hints"] : [];
  return { command: settings.get("path") || "kasc", args: ["lsp", ...hints, ...(settings.get("arguments") || [])] };
}

/** The documents that are sent to the server. */
const DOCUMENTS = LANGUAGES.flatMap((language) => [
  { scheme: "file", language },
  { scheme: "untitled", language },
]);

/**
 * The server of one window. `vscode` is the editor's API; `createClient(command, documents)` returns a client with
 * `start()` and `stop()`, which return promises.
 */
class Session {
  constructor(vscode, createClient) {
    this.vscode = vscode;
    this.createClient = createClient;
    this.client = undefined;
    this.turn = Promise.resolve();
  }

  /** Start the server if a document may be an input. */
  opened(document) {
    return mayBeInput(document) && this.client === undefined ? this.start() : this.turn;
  }

  /** Start the server; an error is shown once. */
  start() {
    const settings = command(this.vscode.workspace.getConfiguration("kasc"));
    const client = this.createClient(settings, DOCUMENTS);
    this.client = client;
    return this.next(() => client.start(), `cannot start ${settings.command} lsp: install it with pip install 'kasc[lsp]', or set kasc.path`);
  }

  /** Stop the server, if it runs. */
  stop() {
    const client = this.client;
    this.client = undefined;
    return client === undefined ? this.turn : this.next(() => client.stop());
  }

  /** Start the server again, with the settings as they are now. */
  async restart() {
    await this.stop();
    return this.start();
  }

  /** Use new settings, if some have changed and the server runs. */
  configured(event) {
    return event.affectsConfiguration("kasc") && this.client !== undefined ? this.restart() : this.turn;
  }

  // One thing after the other: a server is not stopped while it starts.
  next(work, problem) {
    this.turn = this.turn.then(work).catch((error) => {
      if (problem !== undefined) {
        this.vscode.window.showErrorMessage(`kasc: ${problem} (${error.message})`);
      }
    });
    return this.turn;
  }
}

module.exports = { DOCUMENTS, Session, command };
