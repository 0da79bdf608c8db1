// What went wrong, in every language: whoever imports this has them.
import { add } from "./texts.svelte";
import en from "./en.errors.ftl?raw";
import zhCN from "./zh-CN.errors.ftl?raw";

add({ en, "zh-CN": zhCN });
