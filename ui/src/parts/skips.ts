// The reasons why a stop was not read, in the order of the keys 1 to 8.
import type { SkipReason } from "../bridge";
import type { IconName } from "./icons";

export const SKIPS: readonly { reason: SkipReason; icon: IconName }[] = [
  { reason: "no-access", icon: "hand" },
  { reason: "locked", icon: "lock" },
  { reason: "danger", icon: "dog" },
  { reason: "meter-missing", icon: "find" },
  { reason: "meter-faulty", icon: "broken" },
  { reason: "obstructed", icon: "wall" },
  { reason: "refused", icon: "cross" },
  { reason: "no-answer", icon: "probe" },
];
