-- rsfed: from 0.1.0 to 0.2.0
--
-- The changes of sql/install since 0.1.0: a change there must also be made here.
-- test/t/016_release.pl compares the results of an update and of CREATE EXTENSION.

-- complain if script is sourced in psql, rather than via ALTER EXTENSION
\echo Use "ALTER EXTENSION rsfed UPDATE TO '0.2.0'" to load this file. \quit

CREATE OR REPLACE FUNCTION rsfed_report.style()
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
-- The colors are distinguishable for color-blind readers (after Okabe and Ito), and
-- have a contrast of at least 3:1 to the page, texts 4.5:1.
AS $$
SELECT $css$
:root{color-scheme:light dark;--page:#fff;--text:#1b2127;--soft:#57606a;--line:#d5dade;--panel:#f5f7f9;
--published:#075f9c;--unchanged:#6f8ea6;--failed:#c43d0b;--refused:#7b3fa0;--cancelled:#8a6d00;--skipped:#7d858c;--running:#007a5a;--light:#5896c8;--ok:#00704f}
@media screen and (prefers-color-scheme:dark){:root{--page:#10151a;--text:#e5e9ec;--soft:#9da7b0;--line:#323a42;--panel:#181f26;
--published:#52aee6;--unchanged:#7d99ae;--failed:#ff8352;--refused:#c99bea;--cancelled:#d6b33c;--skipped:#8b949c;--running:#35c79d;--light:#3c769e;--ok:#41c997}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",sans-serif;font-variant-numeric:tabular-nums}
main,header,footer{max-width:1240px;margin:0 auto;padding:0 20px}
header{padding-top:28px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:18px;margin:36px 0 10px;line-height:1.3}
h3{font-size:14px;margin:0 0 8px;overflow-wrap:anywhere}
p{margin:0 0 10px}
.note,header p,footer{color:var(--soft);font-size:13px}
nav{display:flex;flex-wrap:wrap;gap:4px 18px;margin:14px 0 0;padding:8px 0;border-block:1px solid var(--line);font-size:14px}
a{color:var(--published)}
code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:6px 12px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
thead th{color:var(--soft);font-weight:600;font-size:12px;vertical-align:bottom}
tbody th{font-weight:600;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
.s{display:inline-block;padding:0 7px;border-radius:9px;font-size:12px;line-height:18px;font-weight:600;border:1px solid;white-space:nowrap;color:var(--soft)}
.s.fresh,.s.ok,.s.published{color:var(--ok)}.s.unchanged{color:var(--soft)}
.s.error,.s.failing,.s.failed,.s.late{color:var(--failed)}
.s.refused,.s.held{color:var(--refused)}
.s.warning,.s.cancelled{color:var(--cancelled)}
.bad,.bad b{color:var(--failed);font-weight:600}
.ok{background:var(--panel);border-left:4px solid var(--ok);padding:10px 14px}
.ok b{color:var(--ok)}
.found{table-layout:fixed}.found td{overflow-wrap:anywhere}.found th:first-child{width:112px}.found th:nth-child(2){width:19%}.found th:last-child{width:43%}
.errors th:first-child{width:24%}.errors th:nth-child(2){width:70px}.errors th:nth-child(3){width:19%}
.found code{display:block;background:var(--panel);padding:6px 9px;border-radius:5px}
.tiles{display:grid;grid-template-columns:repeat(6,1fr);gap:10px;margin-top:20px}
.tile{background:var(--panel);border-radius:8px;padding:10px 14px}
.tile.wide{grid-column:1/-1}
.tile h2{font-size:12px;font-weight:600;color:var(--soft);margin:0}
.tile p{margin:0}.tile b{font-size:22px;font-weight:600}
.states{display:flex;flex-wrap:wrap;gap:2px 20px}.states>span{display:inline-flex;align-items:center;gap:6px}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:22px 32px}
figure{margin:0;min-width:0}
figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 14px;font-size:13px;margin-bottom:4px}
.l{display:inline-flex;flex-wrap:wrap;gap:2px 14px;color:var(--soft);font-size:12px}
.l>span{display:inline-flex;align-items:center;gap:5px}
.l svg{display:block}.l em{width:10px;height:10px;border-radius:2px}em.k1,em.published{background:var(--published)}em.k3{background:var(--light)}em.unchanged{background:var(--unchanged)}
em.failed{background:var(--failed)}em.refused{background:var(--refused)}em.cancelled{background:var(--cancelled)}em.skipped{background:var(--skipped)}em.running{background:var(--running)}
section>.l{margin-bottom:8px}
.p{display:flex;height:130px}
.p svg{display:block;flex:1;min-width:0;height:100%}
.p i{flex:none;width:70px;white-space:nowrap;padding-right:7px;display:flex;flex-direction:column;justify-content:space-between;text-align:right;font-style:normal;font-size:11px;line-height:11px;color:var(--soft)}
.p i::after{content:"0"}figure .x{margin-left:70px}
.x{display:flex;justify-content:space-between;font-size:11px;color:var(--soft);margin-top:2px;white-space:nowrap;font-weight:400}
.g{stroke:var(--line);fill:none;vector-effect:non-scaling-stroke;stroke-width:1}
.b{fill:none;stroke-width:8}.a{fill:none;stroke:var(--published);stroke-width:1.5;vector-effect:non-scaling-stroke}
.m{fill:none;stroke:var(--failed);stroke-width:1.5;stroke-dasharray:5 4;vector-effect:non-scaling-stroke}
.k1{stroke:var(--published)}.k2{stroke:var(--refused)}.k3{stroke:var(--light)}
.o{fill:none}path.published{stroke:var(--published)}path.unchanged{stroke:var(--unchanged)}path.failed{stroke:var(--failed)}
path.refused{stroke:var(--refused)}path.cancelled{stroke:var(--cancelled)}path.skipped{stroke:var(--skipped)}path.running{stroke:var(--running)}
.o.published,.o.running{stroke-width:8}.o.unchanged{stroke-width:3}.o.failed{stroke-width:16}.o.refused{stroke-width:9}.o.cancelled{stroke-width:4}.o.skipped{stroke-width:2}
.lanes{table-layout:fixed}
.lanes th,.lanes td{padding:3px 0 3px 12px;text-align:right}
.lanes th:first-child{width:25%;text-align:left;padding-left:0}.lanes th:nth-child(2),.lanes td:nth-child(2){text-align:left}
.lanes thead th:nth-child(n+3){width:80px}.lanes tbody td{font-size:13px;white-space:nowrap}.lanes tbody th{font-size:13px;line-height:18px}
.t{display:block;width:100%;height:16px;margin-top:2px;background:var(--panel);border-radius:2px}
.v{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
summary{cursor:pointer;padding:10px 0;font-weight:600;color:var(--published)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,350px),1fr));gap:16px;margin-top:18px}
.card{background:var(--panel);border-radius:8px;padding:14px 16px;min-width:0;--page:var(--panel)}
.card .p{height:56px}.card figure+figure{margin-top:10px}.card .x span:nth-child(even){display:none}
.figures td:nth-child(n+2){white-space:nowrap}.figures td:nth-child(2){white-space:normal}
.share{width:64px;height:8px;vertical-align:middle}.share path{stroke:var(--line);stroke-width:8;fill:none}.share .k1{stroke:var(--published)}
footer{padding-top:20px;padding-bottom:40px;margin-top:36px;border-top:1px solid var(--line)}
@media screen and (max-width:760px){
main,header,footer{padding-left:14px;padding-right:14px}
.tiles{grid-template-columns:repeat(2,1fr)}
.found,.found tbody,.found tr,.found td,.found th{display:block;border:0;padding:0}.found thead{display:none}
.found tr{border-bottom:1px solid var(--line);padding:10px 0}.found td,.found th{padding:2px 0}
.lanes,.lanes thead,.lanes tbody{display:block}.lanes tr{display:grid;grid-template-columns:repeat(5,1fr);gap:1px 6px;border-bottom:1px solid var(--line);padding:5px 0}
.lanes th,.lanes td{border:0;padding:0;text-align:left}.lanes th:first-child,.lanes th:nth-child(2),.lanes td:nth-child(2){grid-column:1/-1;width:auto}
.lanes td:nth-child(n+3){font-size:12px;color:var(--soft)}.lanes thead th:nth-child(n+3){width:auto}.x span:nth-child(even){display:none}}
@media print{@page{margin:12mm}:root{color-scheme:light}body{font-size:11px}nav{display:none}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
main,header,footer{padding-left:0;padding-right:0}header{padding-top:0}h2{margin-top:24px}
table,code,figcaption,.lanes tbody td,.lanes tbody th{font-size:10.5px}th,td{padding:4px 9px 4px 0}tbody th{min-width:110px}
.tile{padding:7px 9px}.tile b{font-size:16px}.two,.cards{grid-template-columns:1fr 1fr;gap:16px 20px}.lanes thead th:nth-child(n+3){width:62px}thead th{font-size:10px}.x span:nth-child(even){display:none}
figure,.card,tr,.tile{break-inside:avoid}h2,h2+.note,h2+.l,figcaption{break-after:avoid}.scroll{overflow:visible}a{color:inherit;text-decoration:none}}
$css$::text
$$;
