import { Screen } from "../parts/screen";
import { paths } from "../state/paths";
import { common } from "../words/common";

export function NotFound() {
  const words = common.value;
  return (
    <Screen title={words.notFoundTitle} lead={words.notFound}>
      <a class="button" href={paths.home}>
        {words.toHome}
      </a>
    </Screen>
  );
}
