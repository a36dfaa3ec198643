"use strict";

// Files that may configure a kube-apiserver, by their content.

const words = require("./words.json");

// Characters of a file that are searched: a file that says what it is does so near its start.
const SEARCHED = 64 * 1024;

/** The languages of files that the server reads; it decides by their content. */
const LANGUAGES = [
  "yaml",
  "json",
  "toml",
  "plaintext",
  "ini",
  "properties",
  "shellscript",
  "systemd-unit-file",
];

/** Return whether a document may configure a kube-apiserver. */
function mayBeInput(document) {
  if (!LANGUAGES.includes(document.languageId)) {
    return false;
  }
  const text = document.getText().slice(0, SEARCHED);
  return /\.kasc\.(ya?ml|toml)$/.test(document.fileName) || words.some((word) => text.includes(word));
}

module.exports = { LANGUAGES, mayBeInput };
