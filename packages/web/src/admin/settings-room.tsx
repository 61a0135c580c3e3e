import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Checkbox } from "react-aria-components/Checkbox";
import type { Answer } from "../api/api.ts";
import { useServices } from "../app/services.tsx";
import { settingsTexts } from "../texts/admin-texts.ts";
import { Empty } from "../ui/empty.tsx";
import { Failure } from "../ui/failure.tsx";
import { FindField } from "../ui/find-field.tsx";
import { Icon } from "../ui/icon.tsx";
import { useTitle } from "../ui/use-title.ts";
import { DataTable } from "../ui/data-table.tsx";

type Setting = Answer<"GET /api/v1/admin/settings">["items"][number];

const { columns } = settingsTexts;

/** The coordinator's settings as they are in force, for administrators. */
export function SettingsRoom() {
  useTitle(settingsTexts.title);
  const { api } = useServices();
  const [text, setText] = useState("");
  const [isChangedOnly, setChangedOnly] = useState(false);
  const { data, error, refetch } = useQuery({
    queryKey: ["settings"],
    queryFn: ({ signal }) => api("GET /api/v1/admin/settings", { signal }),
  });
  const wanted = text.trim().toLowerCase();
  const settings = data?.items.filter(
    ({ name, description, source }) =>
      (!isChangedOnly || source !== "default") && `${name} ${description}`.toLowerCase().includes(wanted),
  );
  return (
    <div className="room">
      <h1>{settingsTexts.title}</h1>
      <p className="soft">{settingsTexts.lead}</p>
      <div className="filters">
        <FindField label={settingsTexts.find} value={text} onChange={setText} />
        <Checkbox className="check-line" isSelected={isChangedOnly} onChange={setChangedOnly}>
          <span className="checkbox">
            <Icon name="check" size={14} />
          </span>
          {settingsTexts.changed}
        </Checkbox>
      </div>
      {error === null ? null : <Failure error={error} onRetry={() => void refetch()} />}
      {settings?.length === 0 ? <Empty icon="settings" {...settingsTexts.none} /> : null}
      {settings === undefined || settings.length === 0 ? null : <SettingsTable settings={settings} />}
    </div>
  );
}

function SettingsTable({ settings }: { readonly settings: readonly Setting[] }) {
  return (
    <DataTable
      caption={settingsTexts.title}
      look="stack settings"
      columns={[{ title: columns.name }, { title: columns.value }, { title: columns.source }]}
    >
      {settings.map(({ name, value, source, where, description }) => (
        <tr key={name}>
          <th scope="row">
            <code>{name}</code>
            <span className="under soft">{description}</span>
          </th>
          <td>
            <code>{valueText(value)}</code>
          </td>
          <td className={source === "default" ? "soft" : "changed"}>
            {settingsTexts.sources[source]}
            {where === null ? null : (
              <span className="under soft where">
                <code>{where}</code>
              </span>
            )}
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

function valueText(value: unknown): string {
  if (value === null || value === undefined || value === "") return settingsTexts.nothing;
  return typeof value === "string" ? value : JSON.stringify(value);
}
