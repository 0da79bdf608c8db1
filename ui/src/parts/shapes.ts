// Status is told by shape, colour and words at once: circle, triangle, octagon, diamond, ring, square.
import type { Level, Status } from "../bridge";

export type Shape = "ok" | "chk" | "alm" | "skp" | "tod" | "inf";

export const OUTLINES: Record<Shape, string> = {
  ok: "M21 3a18 18 0 110 36 18 18 0 010-36z",
  chk: "M21 3.500c1 0 1.900.5 2.400 1.400l15.300 27.800c1 1.900-.3 4.300-2.500 4.300H5.800c-2.200 0-3.500-2.400-2.500-4.300L18.600 4.900c.5-.9 1.400-1.400 2.400-1.400z",
  alm: "M13.600 3h14.800L39 13.600v14.800L28.400 39H13.600L3 28.400V13.600z",
  skp: "M21 2.500L39.500 21 21 39.500 2.500 21z",
  tod: "M21 4a17 17 0 110 34 17 17 0 010-34z",
  inf: "M8 4h26a4 4 0 014 4v26a4 4 0 01-4 4H8a4 4 0 01-4-4V8a4 4 0 014-4z",
};

/** The sign inside, drawn as strokes: path and width. */
export const SIGNS: Partial<Record<Shape, [string, number]>> = {
  ok: ["M12.500 21.500l6 6 11-12", 4.2],
  chk: ["M21 14.500v10M21 30.500v.01", 4.6],
  alm: ["M21 11.500v12M21 30v.01", 5],
  skp: ["M13.500 21h15", 4.6],
  inf: ["M21 19v12M21 12v.01", 4.6],
};

export const SHAPE_OF: Record<Status, Shape> = { todo: "tod", right: "ok", doubtful: "chk", wrong: "alm", skipped: "skp" };
export const SHAPE_OF_LEVEL: Record<Level, Shape> = { right: "ok", doubtful: "chk", wrong: "alm" };
