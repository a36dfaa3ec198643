// Runs the language server of TOML that the extension Even Better TOML runs, over standard input and output.
// Usage: node taplo.cjs FOLDER, which has node_modules/@taplo/lsp
const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");

const { TaploLsp } = createRequire(path.resolve(process.argv[2], "any.js"))("@taplo/lsp");

const environment = {
  now: () => new Date(),
  envVar: (name) => process.env[name],
  envVars: () => Object.entries(process.env),
  stdErrAtty: () => false,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  glob: () => [],
  readFile: (name) => fs.promises.readFile(name),
  writeFile: (name, data) => fs.promises.writeFile(name, data),
  urlToFilePath: (url) => decodeURIComponent(new URL(url).pathname),
  isAbsolute: (name) => path.isAbsolute(name),
  cwd: () => process.cwd(),
  findConfigFile: () => undefined,
};

// Nothing is fetched: what a test needs lies on the disk.
globalThis.fetch = () => Promise.reject(new Error("no network"));

function send(message) {
  const text = JSON.stringify(message);
  process.stdout.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

TaploLsp.initialize(environment, { onMessage: send }).then((server) => {
  let pending = Buffer.alloc(0);
  process.stdin.on("data", (data) => {
    pending = Buffer.concat([pending, data]);
    for (;;) {
      const end = pending.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = Number(/content-length: *(\d+)/i.exec(pending.subarray(0, end))[1]);
      if (pending.length < end + 4 + length) return;
      server.send(JSON.parse(pending.subarray(end + 4, end + 4 + length)));
      pending = pending.subarray(end + 4 + length);
    }
  });
  process.stdin.on("end", () => process.exit(0));
});
