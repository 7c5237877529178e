/** Talking to the server and to the person. */

const token = () => document.querySelector("meta[name=csrf-token]").content;

/** The headers that every changing request of ours carries. */
export const headers = () => ({ Accept: "application/json", "X-CSRFToken": token() });

/** The sentence of an error answer (RFC 9457), or *otherwise*. */
export function reason(body, otherwise) {
  const first = body?.errors?.[0]?.message;
  return first || body?.detail || body?.title || otherwise;
}

/** POST *fields*; resolves to the JSON answer, rejects with an Error that a person can read. */
export async function send(url, fields) {
  let answer;
  try {
    answer = await fetch(url, { method: "POST", headers: headers(), body: new URLSearchParams(fields) });
  } catch {
    throw new Error("There is no connection to Ospost. Nothing was changed.");
  }
  const body = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(reason(body, "Ospost did not take that. Nothing was changed."));
  return body;
}

/** Say *sentence* to people who listen to the page. */
export function announce(sentence) {
  document.getElementById("announcer").textContent = sentence;
}

/** Show *sentence* above the page: kind is ok, warn or bad. */
export function flash(kind, sentence) {
  const box = document.createElement("p");
  box.className = `o-flash o-flash--${kind}`;
  box.textContent = sentence;
  document.getElementById("flashes").replaceChildren(box);
}
