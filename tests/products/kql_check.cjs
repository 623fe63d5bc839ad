// Has Microsoft's own Kusto.Language look at a query for Sentinel: grammar, names and types, every answer.
//
// Usage: NODE_TESTS=… node kql_check.cjs QUERY…
//
// The columns of CommonSecurityLog are those of its documentation that a query may name.
const fs = require("fs");
const path = require("path");
const from = (file) => require(path.join(process.env.NODE_TESTS, "node_modules/@kusto/language-service-next", file));
from("bridge.min.js");
from("Kusto.Language.Bridge.min.js");

const TABLE = `let CommonSecurityLog = datatable(TimeGenerated: datetime, SourceIP: string, DestinationHostName: string,
  DestinationPort: int, RequestURL: string, ReceivedBytes: long, DeviceAction: string) [];
let ["my \\"log\\""] = datatable(TimeGenerated: datetime, ["cs \\"host\\""]: string, port: int, scheme: string, path: string, client: string,
  bytes: long, verdict: string, inspected: bool, ["time"]: datetime) [];
`;
const ANSWERS = ["endpoints", "totals", "wildcards", "required", "near", "unread"];
let asked = 0;
let wrong = 0;

function diagnostics(text) {
  asked++;
  const found = Kusto.Language.KustoCode.ParseAndAnalyze(text).GetDiagnostics();
  return Array.from({ length: found.Count }, (_, at) => found.getItem(at)).map(
    (own) => `${own.Message} at \`${text.slice(own.Start, own.Start + 80).replace(/\n/g, " ")}\``,
  );
}

for (const file of process.argv.slice(2)) {
  const query = TABLE + fs.readFileSync(file, "utf8");
  for (const answer of ANSWERS) {
    for (const what of diagnostics(query.replace(/\nendpoints\n$/, `\n${answer}\n`))) {
      wrong++;
      console.log(`${file}: ${answer}: ${what}`);
    }
  }
  // What is wrong is seen: a column that is none, and a text that does not end.
  for (const bad of [query.replace("by asked_host, asked_port", "by asked_hots, asked_port"), query.replace(/"443"|443/, '"443')]) {
    if (diagnostics(bad).length === 0) {
      wrong++;
      console.log(`${file}: a mistake was not seen`);
    }
  }
}
console.log(`${asked} questions, ${wrong} mistakes`);
process.exit(wrong ? 1 : 0);
