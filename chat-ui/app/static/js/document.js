// A document's page follows how far it has been read.

const EVERY_MS = 2000;
const PARTS = ["state", "page-text"];

const part = (page, id) => page.getElementById(id);

function follow() {
  if ("pending" in part(document, "state").dataset) setTimeout(look, EVERY_MS);
}

async function look() {
  try {
    if (!document.hidden) await show();
  } catch {
    // Asked again.
  }
  follow();
}

// What has changed, in its place: what somebody reads, or has the focus in, stays.
async function show() {
  const response = await fetch(location.href);
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const id of PARTS) {
    const [old, fresh] = [part(document, id), part(page, id)];
    if (old.innerHTML !== fresh.innerHTML && !old.contains(document.activeElement)) old.replaceWith(fresh);
  }
}

follow();
