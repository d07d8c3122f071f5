/** The interactive page of the API: self-contained, so that it works without a network. */
export const SWAGGER_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Conveyor API</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}
h2{margin-top:2rem;text-transform:capitalize}
details{border:1px solid #d0d7de;border-radius:6px;margin:.5rem 0;padding:.4rem .8rem}
summary{cursor:pointer}summary b{display:inline-block;min-width:4.5rem}summary code{font-size:1em}
label{display:block;margin:.3rem 0}input,textarea{font:13px monospace;width:100%;box-sizing:border-box}
textarea{height:9rem}pre{background:#f6f8fa;padding:.6rem;overflow:auto;max-height:24rem}
button{margin:.5rem 0;padding:.3rem 1rem}small{color:#57606a}
</style></head><body>
<h1>Conveyor API</h1>
<p>Described by <a href="/openapi.json">openapi.json</a>; drivers speak what
<a href="/asyncapi.json">asyncapi.json</a> describes.</p><div id="routes">…</div>
<script type="module">
const doc = await (await fetch("/openapi.json")).json();
const root = document.getElementById("routes");
const make = (tag, text = "", into) => {
  const node = document.createElement(tag);
  node.textContent = text;
  into?.append(node);
  return node;
};
root.textContent = "";
for (const { name } of doc.tags) {
  make("h2", name, root);
  for (const [path, methods] of Object.entries(doc.paths))
    for (const [method, operation] of Object.entries(methods))
      if (operation.tags[0] === name) root.append(operationOf(path, method, operation));
}
function operationOf(path, method, operation) {
  const details = make("details");
  const summary = make("summary", "", details);
  make("b", method.toUpperCase(), summary);
  make("code", path, summary);
  make("small", " " + operation.summary, summary);
  const form = make("form", "", details);
  const fields = operation.parameters.map((parameter) => {
    const label = make("label", parameter.name + " (" + parameter.in + ")", form);
    const input = make("input", "", label);
    input.title = parameter.schema.description ?? "";
    return { parameter, input };
  });
  const schema = operation.requestBody?.content["application/json"].schema;
  const body = schema && make("textarea", "{}", form);
  if (schema) make("pre", JSON.stringify(schema, null, 2), form);
  make("button", "Send", form);
  const answer = make("pre", "", details);
  make("pre", Object.entries(operation.responses)
    .map(([status, { description }]) => status + "  " + description).join("\\n"), details);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const query = new URLSearchParams();
    let url = path;
    for (const { parameter, input } of fields) {
      if (parameter.in === "path") url = url.replace("{" + parameter.name + "}", encodeURIComponent(input.value));
      else if (input.value !== "") query.set(parameter.name, input.value);
    }
    if (query.size > 0) url += "?" + query;
    const init = { method: method.toUpperCase() };
    if (body) Object.assign(init, { body: body.value, headers: { "content-type": "application/json" } });
    const response = await fetch(url, init);
    answer.textContent = response.status + " " + response.statusText + "\\n";
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (let part; reader && !(part = await reader.read()).done; ) answer.textContent += part.value;
  };
  return details;
}
</script></body></html>
`;
