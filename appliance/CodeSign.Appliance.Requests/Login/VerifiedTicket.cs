namespace CodeSign.Appliance.Requests.Login;

/// <summary>A ticket whose seal was opened, with the bytes it came as: the next request brings the same ones.</summary>
internal sealed record VerifiedTicket(ReadOnlyMemory<byte> Sealed, LoginTicket Ticket);
