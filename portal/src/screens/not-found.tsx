import { Screen } from "../parts/screen";
import { ways } from "../state/ways";
import { common } from "../words/common";

export function NotFound() {
  const words = common.value;
  return (
    <Screen title={words.notFoundTitle} lead={words.notFound}>
      <a class="button" href={ways.home}>
        {words.toHome}
      </a>
    </Screen>
  );
}
