// Where the window starts: the styles, then the app.
import { mount } from "svelte";
import App from "./App.svelte";
import { want } from "./i18n/texts.svelte";
import { settings } from "./state/settings.svelte";
import "./tokens.css";
import "./app.css";

const target = document.getElementById("app");
settings.load();
// Where its sentences cannot be had the window opens in English rather than not at all.
void want(settings.lang)
  .catch(() => undefined)
  .then(() => target && mount(App, { target }));
