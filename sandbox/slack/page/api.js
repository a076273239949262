// The act API of the workspace (see sandbox/slack/act).

export class ActError extends Error {
  constructor(status, detail) {
    super(typeof detail === "string" ? detail : JSON.stringify(detail));
    this.status = status;
  }
}

async function call(path, options) {
  const response = await fetch(`/act${path}`, options);
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ActError(response.status, body.detail ?? response.statusText);
  return body;
}

export function read(path, parameters = {}) {
  const query = new URLSearchParams(parameters).toString();
  return call(query ? `${path}?${query}` : path);
}

export function act(path, body) {
  return call(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}
