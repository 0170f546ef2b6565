// The Stop button in Send's place while a reply is to come. It presses the button of the first such
// reply, which the page has for browsers without scripts.

export class StopButton {
  constructor(messages, composer, template) {
    this.messages = messages;
    this.box = composer.querySelector(".box");
    this.prompt = composer.elements.prompt;
    this.button = template.content.firstElementChild.cloneNode(true);
    this.button.title = this.button.querySelector("span").textContent = this.button.dataset.words;
    this.button.addEventListener("click", ({ detail }) => {
      if (detail < 2) this.find()?.click(); // the second click of two was meant for Send
    });
    // Nor does it take the focus from the field: Send may be hidden by the time it would have it.
    this.box.addEventListener("mousedown", (event) => {
      if (event.detail > 1 && event.target.closest("button")) event.preventDefault();
    });
    this.box.append(this.button);
    this.update();
  }

  find() {
    return this.messages.querySelector("[data-unfinished] [data-stop] button");
  }

  // To be called when a reply has begun, ended, or is about to stop.
  update() {
    const stop = this.find();
    if (!stop && document.activeElement === this.button) this.prompt.focus();
    this.box.classList.toggle("busy", Boolean(stop));
    this.button.hidden = !stop;
    this.button.disabled = Boolean(stop?.disabled);
  }
}
