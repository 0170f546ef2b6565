// The list of tools that is open while a message begins with "/": arrow keys, Enter or Tab, Escape, or
// a tap. The composer loads it when that is so for the first time.

const CALL = /^\/[\w-]*$/; // no more than a name yet

export function offerTools(field, form) {
  const tools = [...form.querySelectorAll("[name=tool]")];
  const list = makeList(form);
  let options = [];
  let current = 0;

  const mark = (number) => {
    current = (number + options.length) % options.length;
    for (const [n, option] of options.entries()) option.setAttribute("aria-selected", n === current);
    field.setAttribute("aria-activedescendant", options[current].id);
    options[current].scrollIntoView({ block: "nearest" });
  };
  const close = () => {
    list.hidden = true;
    field.removeAttribute("aria-activedescendant");
  };
  const show = () => {
    const found = tools.filter(({ value }) => `/${value}`.startsWith(field.value.toLowerCase()));
    if (!CALL.test(field.value) || !found.length) return close();
    options = found.map(makeOption);
    list.replaceChildren(...options);
    list.hidden = false;
    mark(0);
  };
  const choose = (option) => {
    field.value = `/${option.dataset.tool} `;
    field.dispatchEvent(new Event("input", { bubbles: true })); // which closes the list, too
    field.focus();
  };
  const isComplete = () => field.value.toLowerCase() === `/${options[current].dataset.tool}`;
  const keys = {
    ArrowDown: () => mark(current + 1),
    ArrowUp: () => mark(current - 1),
    Enter: () => choose(options[current]),
    Tab: () => choose(options[current]),
    Escape: close,
  };

  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-haspopup", "listbox");
  field.setAttribute("aria-controls", list.id);
  field.addEventListener("input", show);
  field.addEventListener("blur", close);
  // Before the field's own listeners, or Enter would send.
  form.addEventListener(
    "keydown",
    (event) => {
      if (list.hidden || event.target !== field || event.isComposing || event.shiftKey) return;
      if (!(event.key in keys)) return;
      if (event.key === "Enter" && isComplete()) return close();
      event.preventDefault();
      event.stopPropagation();
      keys[event.key]();
    },
    true,
  );
  list.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays
  list.addEventListener("click", ({ target }) => choose(target.closest("[role=option]")));
  show();
}

function makeList(form) {
  const list = document.createElement("ul");
  list.id = "tool-list";
  list.className = "tool-list";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", form.querySelector(".tools summary").title);
  form.querySelector(".box").append(list);
  return list;
}

function makeOption(button) {
  const option = document.createElement("li");
  option.id = `tool-${button.value}`;
  option.dataset.tool = button.value;
  option.setAttribute("role", "option");
  option.append(...[...button.childNodes].map((node) => node.cloneNode(true)));
  return option;
}
