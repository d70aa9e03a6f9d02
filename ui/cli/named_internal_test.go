package cli

import "testing"

func TestNamedFile(t *testing.T) {
	for _, x := range []struct {
		text    string
		windows bool
		path    string // empty where it names none
		sure    bool
	}{
		{"/srv/mail/bounce.eml", false, "/srv/mail/bounce.eml", true},
		{" /srv/mail/bounce.eml \n", false, "/srv/mail/bounce.eml", true},
		{"~/bounce.eml", false, "~/bounce.eml", true},
		{"./bounce.eml", false, "./bounce.eml", true},
		{"../bounce.eml", false, "../bounce.eml", true},
		{"'/srv/mail/the bounce.eml' ", false, "/srv/mail/the bounce.eml", true},
		{`"/srv/mail/the \"bounce\"\n.eml"`, false, `/srv/mail/the "bounce"\n.eml`, true},
		{`/srv/mail/the\ bounce\ \(1\).eml `, false, "/srv/mail/the bounce (1).eml", true},
		{`/srv/mail/ends\ `, false, "/srv/mail/ends ", true},
		{`'/srv/Robin'\''s mail.eml'`, false, "/srv/Robin's mail.eml", true},
		{"/srv/Robin's.eml", false, "/srv/Robin's.eml", true},
		{"/srv/Robin's mail.eml", false, "/srv/Robin's mail.eml", false},
		{"/srv/mail/the bounce.eml", false, "/srv/mail/the bounce.eml", false},
		{"file:///srv/the%20bounce%23.eml", false, "/srv/the bounce#.eml", true},
		{"FILE://localhost/srv/b.eml\r\n", false, "/srv/b.eml", true},
		{"file://elsewhere.example/srv/b.eml", false, "", true},
		{"file:///srv/%zz", false, "", true},
		{"file:///srv/%00", false, "", true},
		{"file:///", false, "", true},
		{`'/srv/a.eml' '/srv/b.eml'`, false, "", false},
		{"/srv/a.eml\n/srv/b.eml", false, "", false},
		{"/srv/a\x00.eml", false, "", false},
		{"/", false, "", true},
		{"bounce.eml", false, "", true},
		{"550 5.1.1 <a@example.com> no such user", false, "", false},
		{`C:\mail\bounce.eml`, false, "", true},
		{"", false, "", true},
		{"'", false, "", true},
		{`\`, false, "", true},
		{`C:\mail\bounce.eml`, true, `C:\mail\bounce.eml`, true},
		{`"C:\the mail\bounce.eml"`, true, `C:\the mail\bounce.eml`, true},
		{`C:\the mail\bounce.eml`, true, `C:\the mail\bounce.eml`, false},
		{"d:/bounce.eml", true, "d:/bounce.eml", true},
		{`\\files.example\mail\bounce.eml`, true, `\\files.example\mail\bounce.eml`, true},
		{`..\bounce.eml`, true, `..\bounce.eml`, true},
		{"file:///C:/the%20mail/b.eml", true, `C:\the mail\b.eml`, true},
		{"file://files.example/mail/b.eml", true, `\\files.example\mail\b.eml`, true},
		{"file:///mail", true, "", true},
		{"1:/x", true, "", true},
	} {
		path, sure, ok := namedFile([]byte(x.text), x.windows)
		if ok != (x.path != "") || ok && (path != x.path || sure != x.sure) {
			t.Errorf("%q: %q, sure %v, %v; want %q, %v", x.text, path, sure, ok, x.path, x.sure)
		}
	}
	if _, _, ok := namedFile(append([]byte("/"), make([]byte, maxNamed)...), false); ok {
		t.Error("there is no bound")
	}
}

func FuzzNamedFile(f *testing.F) {
	for _, s := range []string{"/a", `'/a b'\''`, `/a\ `, "file:///%41", `"C:\a"`, "~/\"\\"} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, s string, windows bool) {
		path, _, ok := namedFile([]byte(s), windows)
		if ok && (len(path) < 2 || len(path) > maxNamed+2 || !beginsLikePath(path, windows)) {
			t.Errorf("%q: %q", s, path)
		}
	})
}
