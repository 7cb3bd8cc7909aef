// A small PDF with these pages, each of so many lines, of plain ASCII.

const FONT = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>";

export function pdf(title: string, pages: string[][]): Buffer {
  const kids = pages.map((_, page) => `${5 + 2 * page} 0 R`).join(" ");
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    FONT,
    `<< /Title (${title}) >>`,
    ...pages.flatMap((lines, page) => [pageOf(6 + 2 * page), contentOf(lines)]),
  ];
  let file = "%PDF-1.4\n";
  const places = objects.map((object, index) => {
    const place = file.length;
    file += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = file.length;
  const rows = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`;
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 4 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(file, "latin1");
}

function pageOf(content: number): string {
  const resources = "/Resources << /Font << /F1 3 0 R >> >>";
  return `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] ${resources} /Contents ${content} 0 R >>`;
}

function contentOf(lines: string[]): string {
  const content = `BT /F1 12 Tf 72 720 Td\n${lines.map((line) => `(${line}) Tj 0 -14 Td\n`).join("")}ET`;
  return `<< /Length ${content.length} >>\nstream\n${content}\nendstream`;
}
