// Every sentence a person reads, by id, in the language that is set. A `.part` after the id is a Fluent attribute.
import { FluentBundle, FluentResource, type FluentVariable } from "@fluent/bundle";
import { settings, type Lang } from "../state/settings.svelte";
import { paces } from "./numbers";
import en from "./en.ftl?raw";

/** What a sentence takes; yes and no are the words `true` and `false` in it. */
export type Variables = Record<string, FluentVariable | boolean>;

/** Sentences that came with a screen of their own, in all languages. */
const more: Record<Lang, string>[] = [];

/** English is always there, for ids that another language lacks; others come when they are wanted. */
const sources: Record<Exclude<Lang, "en">, () => Promise<{ default: string }>> = { "zh-CN": () => import("./zh-CN.ftl?raw") };
let bundles = $state.raw<Partial<Record<Lang, FluentBundle>>>({ en: bundle("en", en) });

/** Fetches the sentences of a language, once. Until they are there, English is shown. */
export async function want(lang: Lang): Promise<void> {
  if (lang === "en" || bundles[lang]) return;
  const source = await sources[lang]();
  bundles = { ...bundles, [lang]: bundle(lang, source.default) };
}

/** From a screen that comes when it is wanted, with the sentences that only it needs. */
export function add(texts: Record<Lang, string>): void {
  more.push(texts);
  for (const [lang, made] of Object.entries(bundles)) read(made, texts[lang as Lang]);
  bundles = { ...bundles };
}

function bundle(lang: Lang, source: string): FluentBundle {
  const made = new FluentBundle(lang, { useIsolating: false });
  for (const text of [source, ...more.map((it) => it[lang])]) read(made, text);
  return made;
}

function read(into: FluentBundle, text: string): void {
  const errors = into.addResource(new FluentResource(text));
  if (errors.length > 0) console.error(into.locales, errors);
}

export function t(id: string, variables: Variables = {}): string {
  return find(settings.lang, id, variables) ?? find("en", id, variables) ?? id;
}

/** For ids that come from the Rust side and may be newer than these texts. */
export function has(id: string): boolean {
  return find("en", id, {}) !== null;
}

function find(lang: Lang, id: string, variables: Variables): string | null {
  const [name = "", part] = id.split(".");
  const message = bundles[lang]?.getMessage(name);
  const pattern = part === undefined ? message?.value : message?.attributes[part];
  if (pattern == null) return null;
  const words = Object.entries(variables).map(([name, value]) => [name, typeof value === "boolean" ? String(value) : value] as const);
  return bundles[lang]?.formatPattern(pattern, Object.fromEntries(words), []) ?? null;
}

export function distance(metres: number): string {
  return metres < 995 ? t("metres", { metres: paces(metres) }) : t("kilometres", { km: (metres / 1000).toFixed(1) });
}

/** English here means day before month. */
const DATES: Record<Lang, string> = { en: "en-GB", "zh-CN": "zh-CN" };

export function day(atMs: number): string {
  return new Intl.DateTimeFormat(DATES[settings.lang], { day: "numeric", month: "short" }).format(atMs);
}

export function month(atMs: number): string {
  return new Intl.DateTimeFormat(DATES[settings.lang], { month: "short", year: "2-digit" }).format(atMs);
}

export function clock(atMs: number): string {
  return new Intl.DateTimeFormat(DATES[settings.lang], { hour: "2-digit", minute: "2-digit", hour12: false }).format(atMs);
}
