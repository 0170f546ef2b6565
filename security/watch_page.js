// Runs in each page before all else, and notes what becomes of it: the shape of every element that
// is ever there, and what can't be ours. `text` says what the text of a message may become.
(text) => {
  const seen = { shapes: new Set(), wrong: new Set() };
  const values = Object.entries(text.values).map(([name, value]) => [name, new RegExp(`^(?:${value})$`)]);
  const patterns = new Map(values);
  const note = "[0-9a-f-]{36}-(?:note|ref)-[A-Za-z]*[0-9]+";
  patterns.set("id", new RegExp(`^${note}$`)).set("href", new RegExp(`^(?:(?:https?://|mailto:).*|#${note})$`, "is"));

  const isText = (element) =>
    text.tags.includes(element.localName) &&
    element.getAttributeNames().every((name) =>
      text.attributes.includes(name) && (patterns.get(name)?.test(element.getAttribute(name)) ?? true));

  // What the browser itself makes of an address.
  function judgeAddress(element, name) {
    const value = element.getAttribute(name);
    let address;
    try {
      address = new URL(value, document.baseURI);
    } catch {
      return; // leads nowhere
    }
    const leads = element.localName === "a" && name === "href";
    const fine = leads ? ["http:", "https:", "mailto:"].includes(address.protocol)
      : address.origin === location.origin || address.protocol === "data:";
    if (!fine) seen.wrong.add(`${element.localName} ${name} is ${address.protocol}//${address.host}`);
  }

  function judge(element) {
    for (const name of ["href", "src", "action", "formaction", "data", "poster", "xlink:href"]) {
      if (element.hasAttribute(name)) judgeAddress(element, name);
    }
    const body = element.parentElement?.closest(".message .body");
    if (body && element.localName === "a" && !element.relList.contains("noopener")) {
      seen.wrong.add("a link in a text has no rel");
    }
    if (body && body.parentElement.classList.contains("assistant") && isText(element)) return;
    const parent = element.parentElement?.localName ?? "";
    seen.shapes.add(`${body ? "text: " : ""}${parent} > ${element.localName}`);
    for (const name of element.getAttributeNames()) {
      seen.shapes.add(`${body ? "text: " : ""}${element.localName} ${name}`);
    }
  }

  function judgeAll(node) {
    if (node.nodeType !== Node.ELEMENT_NODE) return;
    judge(node);
    node.querySelectorAll("*").forEach(judge);
  }

  new MutationObserver((records) => {
    for (const record of records) {
      if (record.type === "attributes") judge(record.target);
      record.addedNodes.forEach(judgeAll);
    }
  }).observe(document, { subtree: true, childList: true, attributes: true });
  addEventListener("securitypolicyviolation", (event) =>
    seen.wrong.add(`the policy had to stop ${event.effectiveDirective} ${event.blockedURI}`.slice(0, 120)));

  // Whether nothing lies over what is ours.
  function listCovered() {
    const places = [...document.querySelectorAll(".bar a, .bar summary, #prompt")];
    return places.filter((place) => {
      const { left, top, width, height } = place.getBoundingClientRect();
      const hit = document.elementFromPoint(left + width / 2, top + height / 2);
      return width && place.checkVisibility() && hit && !place.contains(hit);
    }).map((place) => `${place.localName} ${place.className} is covered`);
  }

  window.tellSeen = () => {
    if (document.documentElement) judgeAll(document.documentElement);
    return { shapes: [...seen.shapes], wrong: [...seen.wrong, ...listCovered()] };
  };
}
