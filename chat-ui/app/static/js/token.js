// A new token is copied by a button.

import { addCopyButtons } from "./copying.js";

const button = document.getElementById("copy-button");
if (button) addCopyButtons(document, button);
