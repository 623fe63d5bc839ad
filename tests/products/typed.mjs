// JSON held to published TypeScript types, by the TypeScript compiler.
import { createRequire } from "node:module";
import { join } from "node:path";

const folder = process.env.NODE_TESTS;
const require = createRequire(join(folder, "package.json"));
const ts = require("typescript");

// What the compiler says of `head`, which ends in `const d: TYPE = `, with the JSON behind it.
export function complaints(head, json) {
  const name = join(folder, "typed.ts");
  const options = { strict: true, noEmit: true, skipLibCheck: true, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  const text = `${head}${json};\nexport default d;\n`;
  host.getSourceFile = (path, ...rest) => path === name ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022) : getSourceFile.call(host, path, ...rest);
  host.fileExists = (path) => path === name || fileExists.call(host, path);
  host.readFile = (path) => path === name ? text : readFile.call(host, path);
  const program = ts.createProgram([name], options, host);
  return ts.getPreEmitDiagnostics(program).map((found) => ts.flattenDiagnosticMessageText(found.messageText, "\n"));
}
