// Whatever a call throws becomes a CommandError.
import { expect, it } from "vitest";
import { asCommandError } from "../../src/bridge";

it("passes a CommandError through and wraps anything else", () => {
  expect(asCommandError({ code: "busy" })).toEqual({ code: "busy" });
  expect(asCommandError("command not found")).toEqual({ code: "internal", trace: "command not found" });
  expect(asCommandError(new TypeError("x"))).toEqual({ code: "internal", trace: "TypeError: x" });
  expect(asCommandError(null).code).toBe("internal");
});
