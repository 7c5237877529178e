/** Sends one picture at once, with progress and a way to stop. fetch cannot tell progress. */

import { headers, reason } from "./talk.js";

const BROKEN = "The upload broke off. Check the connection and choose the photo again.";

/**
 * Upload *file* to *url*; *onProgress* gets 0 to 100. Returns {done, cancel}: *done* resolves to the
 * media that the server made of it, null when cancelled, and rejects with an Error for people.
 */
export function upload(file, url, onProgress) {
  const request = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) onProgress(Math.round((event.loaded / event.total) * 100));
    });
    request.addEventListener("abort", () => resolve(null));
    request.addEventListener("error", () => reject(new Error(BROKEN)));
    request.addEventListener("load", () => {
      const body = request.response;
      if (request.status === 201 && body?.media?.length) resolve(body.media[0]);
      else if (request.status === 401) reject(new Error("You are signed out. Sign in in another tab, then choose the photo again."));
      else reject(new Error(reason(body, BROKEN)));
    });
    const form = new FormData();
    form.append("media", file);
    request.open("POST", url);
    request.responseType = "json";
    for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
    request.send(form);
  });
  return { done, cancel: () => request.abort() };
}
