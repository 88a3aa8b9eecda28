# Reads a review, answers it and cancels an article of its own with Perl's Net::NNTP: the arguments are port and group, the output is what was seen.
use strict;
use warnings;
use Net::NNTP;
use Digest::SHA qw(sha256_base64);
use JSON::PP;

my ($port, $group) = @ARGV;
my $news = Net::NNTP->new("127.0.0.1", Port => $port, Timeout => 10) or die "no connection";
my %seen = (mayPost => $news->postok() ? 1 : 0);

my $active = $news->active("clientposts.*") or die "active: " . $news->message;
$seen{active} = [sort keys %$active];
$seen{descriptions} = [sort keys %{ $news->newsgroups("clientposts.*") }];
my ($count, $low, $high, $name) = $news->group($group) or die "group: " . $news->message;
$seen{group} = $name;
$seen{listgroup} = scalar @{ $news->listgroup($group) };
$seen{count} = $count + 0;

my $rows = $news->xover([$low, $high]) or die "xover: " . $news->message;
my ($number) = grep { $rows->{$_}[0] eq "review perl-lake" } keys %$rows;
$seen{over} = $rows->{$number};
my $id = $rows->{$number}[3];
$seen{subject} = $news->xhdr("Subject", $number)->{$number};
$seen{stat} = $news->nntpstat($number);
$seen{article} = join "", @{ $news->article($id) };
$seen{head} = scalar @{ $news->head($number) };
$seen{body} = join "", @{ $news->body($number) };
$seen{format} = $news->overview_fmt();
$seen{last} = $news->last() ? 1 : 0;
$seen{next} = $news->next() ? 1 : 0;
$seen{date} = $news->date();
$seen{newgroups} = [sort keys %{ $news->newgroups(time - 3600) }];
$seen{newnews} = scalar @{ $news->newnews(time - 3600, "clientposts.*") };

$seen{posted} = $news->post(
    "From: Ann <ann\@reader.test>\n", "Newsgroups: $group\n", "Subject: Re: review perl-lake\n",
    "References: $id\n", "\n", "I was there with Perl.\n", ".dots\n"
) ? 1 : 0;
$seen{refused} = $news->post("Subject: no sender\n", "\n", "x\n") ? 1 : 0;
$seen{code} = $news->code;
my $own = "<own." . time . ".$$\@reader.test>";
my $key = hashed("a secret of Ann's");
my @cancel = ("From: Ann <ann\@reader.test>\n", "Newsgroups: $group\n", "Subject: cmsg cancel $own\n", "Control: cancel $own\n");
$news->post(
    "From: Ann <ann\@reader.test>\n", "Newsgroups: $group\n", "Subject: soon cancelled\n", "Message-ID: $own\n",
    "Cancel-Lock: sha256:" . hashed($key) . "\n", "\n", "A word.\n"
) or die "post: " . $news->message;
$seen{owned} = [defined $news->head($own) ? 1 : 0];
for my $tried (hashed("a guess"), $key) {
    $news->post(@cancel, "Cancel-Key: sha256:$tried\n", "\n", "x\n") or die "cancel: " . $news->message;
    push @{ $seen{owned} }, defined $news->head($own) ? 1 : 0;
}
my $ihave = "<" . time . ".$$\@reader.test>";
$seen{ihave} = $news->ihave($ihave,
    "Path: reader.test!not-for-mail\n", "From: Ann <ann\@reader.test>\n", "Newsgroups: misc.test\n",
    "Subject: handed on\n", "Message-ID: $ihave\n", "Date: " . rfc($news->date()) . "\n", "\n", "by IHAVE\n"
) ? 1 : 0;
$seen{again} = $news->ihave($ihave, "never sent\n") ? 1 : 0;
$news->quit;
print JSON::PP->new->canonical->encode(\%seen), "\n";

sub hashed {
    my $text = sha256_base64(shift);
    return $text . "=" x (-length($text) % 4);
}

sub rfc {
    my @t = gmtime shift;
    my $month = (qw(Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec))[$t[4]];
    return sprintf "%d %s %d %02d:%02d:%02d +0000", $t[3], $month, $t[5] + 1900, @t[2, 1, 0];
}
