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

// A reading of which only the newest counts: an answer that was overtaken by a later question is null. So is one about
// a place of the colleague that somebody was a moment ago (403): the question about the new place is on its way.
export function newest(path) {
  let asked = 0;
  return async (parameters) => {
    asked += 1;
    const mine = asked;
    try {
      const answer = await read(path, parameters);
      return mine === asked ? answer : null;
    } catch (error) {
      if (mine !== asked || error.status === 403) return null;
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
