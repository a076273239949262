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

// A reading of which only the newest counts; `question()` gives its parameters. An answer is null where a later question
// overtook it, or where the question would be another by now: one about somebody else, or about another place.
export function newest(path, question = () => ({})) {
  let asked = 0;
  return async () => {
    asked += 1;
    const mine = asked;
    const parameters = question();
    const counts = () => mine === asked && JSON.stringify(question()) === JSON.stringify(parameters);
    try {
      const answer = await read(path, parameters);
      return counts() ? answer : null;
    } catch (error) {
      if (!counts()) return null;
      throw error;
    }
  };
}

export function act(path, body) {
  return call(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

export function forget(path) {
  return call(path, { method: "DELETE" });
}
