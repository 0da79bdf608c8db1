// Short tones that differ in number and pitch: one high, two middle, three low. Only for what is already saved.
import type { Level } from "../bridge";
import { settings } from "./settings.svelte";

const TONES: Record<Level, { count: number; hertz: number }> = {
  right: { count: 1, hertz: 1320 },
  doubtful: { count: 2, hertz: 740 },
  wrong: { count: 3, hertz: 320 },
};
let context: AudioContext | null = null;

export function play(level: Level): void {
  if (!settings.sound || typeof AudioContext === "undefined") return;
  try {
    context ??= new AudioContext();
    const { count, hertz } = TONES[level];
    for (let i = 0; i < count; i += 1) tone(context, hertz, context.currentTime + i * 0.16);
  } catch {
    // No sound device: the screen says it all.
  }
}

function tone(on: AudioContext, hertz: number, at: number): void {
  const wave = on.createOscillator();
  const volume = on.createGain();
  wave.frequency.value = hertz;
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(0.3, at + 0.012);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.11);
  wave.connect(volume).connect(on.destination);
  wave.start(at);
  wave.stop(at + 0.13);
}
