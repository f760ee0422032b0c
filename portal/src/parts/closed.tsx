import { opening } from "../state/hours";
import { common } from "../words/common";
import { Box, CallInstead } from "./states";

/** Appears on every screen while e-registration is closed. */
export function Closed() {
  const words = common.value;
  return (
    <Box icon="clock" kind="warn" title={words.isClosed(opening())}>
      <p>{words.meanwhile}</p>
      <CallInstead />
    </Box>
  );
}
