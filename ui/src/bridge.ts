// The one door to the Rust side: typed calls, channels, and the contract's types. Nothing else imports bindings.ts.
import { Channel, invoke } from "@tauri-apps/api/core";
import type { CommandError, Commands } from "./bindings";

export type * from "./bindings";

export type CommandName = keyof Commands;
/** A channel argument is given as the function that takes its messages. */
export type Arguments<K extends CommandName> = {
  [P in keyof Commands[K]["args"]]: P extends "channel" ? (message: Commands[K]["args"][P]) => void : Commands[K]["args"][P];
};

/** Rejects with a CommandError and with nothing else. */
export async function call<K extends CommandName>(name: K, args: Arguments<K>): Promise<Commands[K]["result"]> {
  const sent: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(args)) {
    sent[key] = typeof value === "function" ? new Channel(value as (message: unknown) => void) : value;
  }
  try {
    return await invoke<Commands[K]["result"]>(name, sent);
  } catch (thrown) {
    throw asCommandError(thrown);
  }
}

export function asCommandError(thrown: unknown): CommandError {
  if (typeof thrown === "object" && thrown !== null && typeof (thrown as { code?: unknown }).code === "string") {
    return thrown as CommandError;
  }
  return { code: "internal", trace: String(thrown).slice(0, 80) };
}
