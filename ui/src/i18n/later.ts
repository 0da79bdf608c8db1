// The sentences of the screens that come when they are wanted, in every language: whoever imports this has them.
import { add } from "./texts.svelte";
import en from "./en.later.ftl?raw";
import zhCN from "./zh-CN.later.ftl?raw";

add({ en, "zh-CN": zhCN });
