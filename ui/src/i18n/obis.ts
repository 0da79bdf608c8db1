// What a register is called. The OBIS code stays beside it: offices and meters speak in codes.
import { t } from "./texts.svelte";

export function registerName(obis: string): string {
  const found = /^(?:\d+-\d+:)?([12])\.8\.(\d+)/.exec(obis);
  const reactive = /^(?:\d+-\d+:)?([34])\.8\.0/.exec(obis)?.[1];
  if (reactive) return t(reactive === "3" ? "energy-reactive" : "energy-reactive-export");
  if (!found) return t("register", { obis });
  const [, direction, rate = "0"] = found;
  const exported = direction === "2";
  if (rate === "0") return t(exported ? "energy-export" : "energy-total");
  return t(exported ? "energy-export-rate" : "energy-rate", { rate });
}

export function shortObis(obis: string): string {
  return obis.replace(/^\d+-\d+:/, "").replace(/\*\d+$/, "");
}
