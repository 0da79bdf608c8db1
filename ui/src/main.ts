// Where the window starts: the styles, then the app.
import { mount } from "svelte";
import App from "./App.svelte";
import "./tokens.css";
import "./app.css";

const target = document.getElementById("app");
if (target) mount(App, { target });
