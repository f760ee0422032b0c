import { useLocation } from "preact-iso";
import { usePages } from "../api/pages";
import { AccessLog as AccessLogOperation } from "../generated/operations";
import { More } from "../parts/more";
import { Failed, Loading } from "../parts/states";
import { datedMoment } from "../state/time";
import { account } from "../words/account";

/** The accesses by staff, or what was done from this account; the URL says which. */
export function AccessLog() {
  const { path, query } = useLocation();
  const byOthers = query["kto"] !== "ja";
  const list = usePages(AccessLogOperation, { byOthers }, ({ me }) => me?.patient?.accessLog);
  const words = account.value;
  const { nodes, fault } = list;
  return (
    <>
      <nav class="tabs" aria-label={words.parts.dostep.title}>
        <a href={path} aria-current={byOthers ? "page" : undefined}>
          {words.others}
        </a>
        <a href={`${path}?kto=ja`} aria-current={byOthers ? undefined : "page"}>
          {words.own}
        </a>
      </nav>
      <p>{byOthers ? words.othersLead : words.ownLead}</p>
      {!nodes && (fault ? <Failed fault={fault} retry={list.reload} /> : <Loading />)}
      {nodes?.length === 0 && <p class="card">{byOthers ? words.noOthers : words.noOwn}</p>}
      <ul class="log">
        {nodes?.map(({ id, at, who, what, outcome }) => (
          <li key={id}>
            <span class="quiet">
              <time dateTime={at}>{datedMoment(at)}</time>
              {byOthers && ` · ${who}`}
            </span>
            <span>
              {what}
              {outcome !== "done" && <span class="tag">{words.refused}</span>}
            </span>
          </li>
        ))}
      </ul>
      <More list={list} />
    </>
  );
}
